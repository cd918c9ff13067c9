/** Turns TypeScript declarations in the form of `kubernetes-types` into schemas (src/machinery/schema/schema.ts). */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript";
import { formats, int64Fields } from "./field-facts.mjs";

/** Types that are one JSON value with a meaning of its own. */
const scalars = {
  "api.resource.Quantity": { type: "string", format: "quantity" },
  "meta.v1.Time": { type: "string", format: "date-time" },
  "meta.v1.MicroTime": { type: "string", format: "micro-time" },
  "meta.v1.FieldsV1": { type: "object", preserveUnknownFields: true },
  "runtime.RawExtension": { type: "object", preserveUnknownFields: true },
  "apiextensions.v1.JSON": { preserveUnknownFields: true },
  "apiextensions.v1.JSONSchemaPropsOrArray": { preserveUnknownFields: true },
  "apiextensions.v1.JSONSchemaPropsOrBool": { preserveUnknownFields: true },
  "apiextensions.v1.JSONSchemaPropsOrStringArray": { preserveUnknownFields: true },
};

/**
 * Adds the interfaces of one file to `definitions`; an interface that is there already gets the further fields.
 * @param module the file's name without ending, relative to the root of the declarations: `core/v1`.
 */
export function readDeclarations(path, module, definitions) {
  const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
  const group = module.replaceAll("/", ".");
  const imported = new Map();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const from = groupOf(statement.moduleSpecifier.text, module);
    for (const { name } of statement.importClause.namedBindings.elements)
      imported.set(name.text, `${from}.${name.text}`);
  }
  const qualify = (name) => imported.get(name) ?? `${group}.${name}`;

  for (const statement of file.statements) {
    if (!ts.isInterfaceDeclaration(statement)) continue;
    const name = `${group}.${statement.name.text}`;
    if (scalars[name]) continue;
    const definition = (definitions[name] ??= { type: "object", ...describe(statement), properties: {} });
    const required = new Set(definition.required);
    for (const member of statement.members) {
      const field = member.name.text;
      const schema = { ...fieldSchema(member.type, name, field, qualify), ...describe(member) };
      definition.properties[field] = schema;
      if (!member.questionToken) required.add(field);
    }
    if (required.size > 0) definition.required = [...required].sort((a, b) => (a < b ? -1 : 1));
  }
}

/** `meta.v1` for `../meta/v1` within the package, and for `kubernetes-types/meta/v1.d.ts` from outside. */
function groupOf(specifier, module) {
  const inPackage = specifier.startsWith("kubernetes-types/");
  const path = inPackage ? posix.relative("kubernetes-types", specifier) : posix.join(posix.dirname(module), specifier);
  return path.replace(/\.d\.ts$/, "").replaceAll("/", ".");
}

/** The text of the comment above a declaration. */
function describe(node) {
  const comment = node.jsDoc?.at(-1)?.comment;
  const text = typeof comment === "string" ? comment : ts.getTextOfJSDocComment(comment);
  return text ? { description: text } : {};
}

function fieldSchema(type, definition, field, qualify) {
  const inner = (node) => fieldSchema(node, definition, field, qualify);
  if (ts.isTypeReferenceNode(type)) {
    const name = type.typeName.text;
    if (name === "Array") return { type: "array", items: inner(type.typeArguments[0]) };
    const qualified = qualify(name);
    return scalars[qualified] ?? { ref: qualified };
  }
  if (ts.isArrayTypeNode(type)) return { type: "array", items: inner(type.elementType) };
  if (ts.isTypeLiteralNode(type)) return { type: "object", additionalProperties: inner(type.members[0].type) };
  if (ts.isUnionTypeNode(type)) return { format: "int-or-string" };
  if (ts.isLiteralTypeNode(type)) return { type: "string" };
  const format = formats[`${definition}.${field}`];
  switch (type.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { type: "string", ...(format && { format }) };
    case ts.SyntaxKind.BooleanKeyword:
      return { type: "boolean" };
    case ts.SyntaxKind.NumberKeyword:
      if (format === "double") return { type: "number", format };
      return { type: "integer", format: format ?? (int64Fields.has(field) ? "int64" : "int32") };
    default:
      throw new Error(`${definition}.${field}: no schema for the type ${type.getText()}`);
  }
}
