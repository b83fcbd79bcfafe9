// Reports each path that is longer than `most` characters together with the longest address of a server.
export default (document, { most }) => {
  const base = Math.max(0, ...(document.servers ?? []).map((server) => server.url.length));
  return Object.keys(document.paths ?? {})
    .filter((path) => base + path.length > most)
    .map((path) => ({ message: `This one has ${base + path.length}.`, path: ["paths", path] }));
};
