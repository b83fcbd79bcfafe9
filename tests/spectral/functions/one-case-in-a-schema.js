// Reports a schema that has fields in camelCase beside fields in snake_case; a name of one word is both.
export default (schema) => {
  const names = Object.keys(schema?.properties ?? {});
  const camel = names.find((name) => /[A-Z]/.test(name));
  const snake = names.find((name) => name.includes("_"));
  return camel && snake ? [{ message: `This one has ${camel} and ${snake}.` }] : [];
};
