/**
 * Sets of fields in the form in which `metadata.managedFields` stores them ("FieldsV1"): a tree whose keys are path
 * elements (`f:name`, `k:{"name":"x"}`, `v:"x"`). A node is in the set itself when it is empty or has the key `.`.
 * All functions leave their arguments alone and share unchanged parts, so the stored form needs no parsing.
 * Rule: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/ (managedFields)
 */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

const self = ".";
const leaf: FieldSet = Object.freeze({});

/** The set of no fields (as a root; below the root `{}` is a field without children). */
export const noFields: FieldSet = leaf;
/** One field, with nothing below it. */
export const fieldItself: FieldSet = leaf;

function isLeaf(node: FieldSet): boolean {
  for (const _ in node) return false;
  return true;
}

export function isEmptySet(root: FieldSet): boolean {
  return isLeaf(root);
}

function holdsItself(node: FieldSet): boolean {
  return node[self] !== undefined || isLeaf(node);
}

/** A node with these children, itself in the set or not; undefined when nothing is in it. */
export function fieldNode(itself: boolean, children: FieldSet): FieldSet | undefined {
  if (isLeaf(children)) return itself ? leaf : undefined;
  return itself ? { [self]: leaf, ...children } : children;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(a)) return b;
  if (isLeaf(b)) return a;
  return mergeChildren(a, b);
}

function mergeChildren(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = { ...a };
  for (const [element, node] of Object.entries(b)) {
    const present = result[element];
    result[element] = present ? unionNode(present, node) : node;
  }
  return result;
}

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isLeaf(a)) return holdsItself(b) ? b : { [self]: leaf, ...b };
  if (isLeaf(b)) return holdsItself(a) ? a : { [self]: leaf, ...a };
  return mergeChildren(a, b);
}

/** The fields of `a` that are not in `b`. Returns `a` itself when that is all of them. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(b)) return a;
  return childrenWithout(a, b);
}

function childrenWithout(a: FieldSet, b: FieldSet): FieldSet {
  let result: Record<string, FieldSet> | undefined;
  for (const [element, node] of Object.entries(b)) {
    if (element === self) continue;
    const present = a[element];
    const rest = present && nodeWithout(present, node);
    if (rest === present) continue;
    result ??= { ...a };
    if (rest) result[element] = rest;
    else delete result[element];
  }
  return result ?? a;
}

function nodeWithout(a: FieldSet, b: FieldSet): FieldSet | undefined {
  const itself = holdsItself(a) && !holdsItself(b);
  if (isLeaf(a)) return itself ? a : undefined;
  const children = childrenWithout(a, b);
  if (children === a && itself === holdsItself(a)) return a;
  const { [self]: _, ...below } = children;
  return fieldNode(itself, below);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const [element, node] of Object.entries(a)) {
    const other = b[element];
    if (element === self || !other) continue;
    const common = fieldNode(holdsItself(node) && holdsItself(other), intersection(node, other));
    if (common) result[element] = common;
  }
  return result;
}

/** Without a field and all below it. */
export function withoutField(root: FieldSet, field: string): FieldSet {
  const { [`f:${field}`]: gone, ...rest } = root;
  return gone ? rest : root;
}

/** Only a field and all below it. */
export function onlyField(root: FieldSet, field: string): FieldSet {
  const element = `f:${field}`;
  const kept = root[element];
  return kept ? { [element]: kept } : noFields;
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  const elements = Object.keys(a);
  if (elements.length !== Object.keys(b).length) return false;
  return elements.every((element) => {
    const [left, right] = [a[element], b[element]];
    return left !== undefined && right !== undefined && equalSets(left, right);
  });
}

/** The path of every field in the set, sorted. */
export function paths(root: FieldSet, above: readonly string[] = []): string[][] {
  return Object.keys(root)
    .filter((element) => element !== self)
    .sort()
    .flatMap((element) => {
      const node = root[element] ?? leaf;
      const path = [...above, element];
      return [...(holdsItself(node) ? [path] : []), ...paths(node, path)];
    });
}

/** Whether a node, found under its parent, is itself in the set. */
export function includes(node: FieldSet | undefined): boolean {
  return node !== undefined && holdsItself(node);
}
