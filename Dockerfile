# The front-end files, from npm, with the hashes of the lock file.
FROM node:22-slim AS assets
WORKDIR /assets
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.11-slim
WORKDIR /srv/samnod
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml alembic.ini ./
COPY app app
COPY migrations migrations
COPY web web
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index -e .
# vendor.py checks every file against web/assets.json before it copies one.
RUN --mount=from=assets,source=/assets/node_modules,target=/srv/samnod/node_modules python web/vendor.py

# The program belongs to root and the server cannot change it; it writes to the volume only.
RUN useradd --system --no-create-home samnod && install -d -o samnod /var/lib/samnod
USER samnod
ENV SAMNOD_VAR_DIR=/var/lib/samnod PYTHONUNBUFFERED=1
VOLUME /var/lib/samnod
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["sh", "-c", "samnod migrate && exec samnod serve --host 0.0.0.0 --port 8000"]
