/** Puts what the declarations do not say into the schemas: merging, structs held by value, omitted zero values. */
import { keyDefaults, structsByValue, zeroOmitted } from "./field-facts.mjs";
import { mergeRules } from "./merge-rules.mjs";

/** Changes `definitions` in place. A fact about a field that does not exist is an error in the tables. */
export function addFacts(definitions) {
  const field = (name, key) => {
    const schema = definitions[name]?.properties[key];
    if (!schema) throw new Error(`no field ${key} in ${name}: mend the tables in scripts/schema`);
    return schema;
  };
  for (const [name, rules] of Object.entries(mergeRules)) {
    // Kubernetes is ahead of the declarations: a rule for a field that is not there yet waits for it.
    const definition = definitions[name];
    for (const [key, rule] of Object.entries(rules)) {
      const target = key === "self" ? definition : definition?.properties[key];
      if (target) Object.assign(target, rule);
    }
  }
  for (const definition of Object.values(definitions)) {
    const { properties } = definition;
    if (!properties.apiVersion || !properties.kind) continue;
    for (const key of ["metadata", "spec", "status"]) {
      if (properties[key]?.ref) properties[key].alwaysPresent = true;
    }
  }
  for (const [name, keys] of Object.entries(structsByValue)) {
    for (const key of keys) field(name, key).alwaysPresent = true;
  }
  for (const [name, keys] of Object.entries(zeroOmitted)) {
    for (const key of keys) field(name, key).omitZero = true;
  }
  for (const [path, value] of Object.entries(keyDefaults)) {
    const dot = path.lastIndexOf(".");
    field(path.slice(0, dot), path.slice(dot + 1)).default = value;
  }
}
