/** Status belongs to the controllers: a client's write of the object itself neither sets nor changes it. */

interface WithStatus<S> {
  status?: S;
}

/** A `prepareForCreate` that begins with the status given, whatever was sent. */
export function startWithStatus<S>(initial: S): (object: WithStatus<S>) => void {
  return (object) => {
    object.status = structuredClone(initial);
  };
}

/** A `prepareForUpdate` that keeps the status as it is. */
export function keepStatus<S>(object: WithStatus<S>, old: WithStatus<S>): void {
  if (old.status === undefined) delete object.status;
  else object.status = structuredClone(old.status);
}
