// Reports query parameters that are named neither in snake_case nor in camelCase, or the API that has both.
const METHODS = ["get", "put", "post", "delete", "patch"];
const SNAKE = /^[a-z0-9]+(_[a-z0-9]+)*$/;
const CAMEL = /^[a-z0-9]+([A-Z][a-z0-9]*)*$/;

export default (paths) => {
  const items = Object.values(paths ?? {}).flatMap((item) => [item, ...METHODS.map((method) => item[method] ?? {})]);
  const parameters = items.flatMap((item) => item.parameters ?? []);
  const names = parameters.filter((parameter) => parameter.in === "query").map((parameter) => parameter.name);
  const odd = names.find((name) => !SNAKE.test(name) && !CAMEL.test(name));
  if (odd) return [{ message: `This one is neither: ${odd}.` }];
  const snake = names.find((name) => !CAMEL.test(name));
  const camel = names.find((name) => !SNAKE.test(name));
  return snake && camel ? [{ message: `Here are ${snake} and ${camel}.` }] : [];
};
