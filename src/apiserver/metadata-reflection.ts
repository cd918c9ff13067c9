/**
 * The three functions of the `Reflect` metadata proposal that tsyringe (underneath @peculiar/x509) asks for. It uses them for
 * constructors only, so metadata is kept per target and looked up along the prototype chain.
 */
type Metadata = Map<unknown, unknown>;

interface MetadataReflection {
  defineMetadata(key: unknown, value: unknown, target: object): void;
  getOwnMetadata(key: unknown, target: object): unknown;
  getMetadata(key: unknown, target: object): unknown;
}

/** Does nothing where somebody else has provided them. */
export function provideMetadataReflection(): void {
  if ("getMetadata" in Reflect) return;
  const kept = new WeakMap<object, Metadata>();
  const functions: MetadataReflection = {
    defineMetadata(key, value, target) {
      const metadata = kept.get(target) ?? new Map<unknown, unknown>();
      kept.set(target, metadata.set(key, value));
    },
    getOwnMetadata: (key, target) => kept.get(target)?.get(key),
    getMetadata(key, target) {
      for (let at: object | null = target; at; at = Reflect.getPrototypeOf(at)) {
        const metadata = kept.get(at);
        if (metadata?.has(key)) return metadata.get(key);
      }
      return undefined;
    },
  };
  Object.assign(Reflect, functions);
}
