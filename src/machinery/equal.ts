/** Deep equality of JSON values, under the name that reconcilers use. */
export { equalJson as equal } from "./json.ts";
