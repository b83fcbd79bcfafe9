# Three stages: front-end files from npm, packages and program with pip, and an image that holds only what runs.
# Every package is checked against its hash. The base images are named by tag; to pin them too, build with
# --build-arg PYTHON_IMAGE=python:3.11-slim-trixie@sha256:… (docs/operating.md).
ARG NODE_IMAGE=node:22-trixie-slim
ARG PYTHON_IMAGE=python:3.11-slim-trixie

# hadolint ignore=DL3006
FROM ${NODE_IMAGE} AS assets
WORKDIR /assets
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/samnod
RUN python -m venv /srv/venv
COPY requirements.txt ./
RUN /srv/venv/bin/pip install --require-hashes --no-deps -r requirements.txt
COPY pyproject.toml alembic.ini ./
COPY app app
COPY migrations migrations
COPY web web
RUN /srv/venv/bin/pip install --no-deps --no-build-isolation --no-index -e .
# vendor.py checks every file against web/assets.json before it copies one.
COPY --from=assets /assets/node_modules node_modules
RUN python web/vendor.py && rm -r node_modules
# Compiled here, because the server may not write beside the program; then the tools go that only installed it.
RUN /srv/venv/bin/python -m compileall -q -j 0 /srv/venv/lib app migrations web \
  && /srv/venv/bin/pip uninstall --yes --quiet setuptools pip

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
# pg_dump and pg_restore, for `samnod backup`: of the version of the server in compose.yaml.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends postgresql-client-17 \
  && rm -rf /var/lib/apt/lists/* \
  && pip uninstall --yes --quiet --root-user-action ignore setuptools wheel pip \
  && groupadd --system --gid 10001 samnod \
  && useradd --system --uid 10001 --gid samnod --no-create-home --shell /usr/sbin/nologin samnod \
  && install -d -o samnod -g samnod -m 0750 /var/lib/samnod
# The program belongs to root and the server cannot change it; it writes to the volume only.
COPY --from=build /srv /srv
WORKDIR /srv/samnod
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SAMNOD_VAR_DIR=/var/lib/samnod SAMNOD_ASSETS=vendor
USER 10001:10001
VOLUME /var/lib/samnod
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# For one container. Where several serve one database, one of them migrates first: see compose.yaml.
CMD ["sh", "-c", "samnod migrate && exec samnod serve --host 0.0.0.0 --port 8000"]
