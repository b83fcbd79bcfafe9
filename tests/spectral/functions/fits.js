// Reports what does not fit a JSON Schema (draft 7). Spectral's own `schema` compiles each schema anew for each document,
// which takes most of the time when many small documents are linted.
import Ajv from "ajv";

const ajv = new Ajv({ strict: false });
const known = new Map();

export default (value, { schema }) => {
  const asText = JSON.stringify(schema);
  if (!known.has(asText)) known.set(asText, ajv.compile(schema));
  const fits = known.get(asText);
  return fits(value) ? [] : [{ message: ajv.errorsText(fits.errors.slice(0, 1), { dataVar: "" }).trim() }];
};
