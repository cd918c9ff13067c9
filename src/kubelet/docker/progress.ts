/** Streams of JSON lines in which the engine reports long work and events. */
import { createInterface } from "node:readline";
import { RuntimeError } from "../../machinery/container-runtime.ts";

/** Each line of a stream as a value. */
export async function* jsonLines<T>(stream: NodeJS.ReadableStream): AsyncGenerator<T> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== "") yield JSON.parse(line) as T;
  }
}

interface Progress {
  error?: string;
  errorDetail?: { message?: string };
}

/** Waits for the end of a pull or load. @throws RuntimeError with the engine's reason when it failed on the way. */
export async function follow(stream: NodeJS.ReadableStream): Promise<void> {
  let failure: string | undefined;
  for await (const { error, errorDetail } of jsonLines<Progress>(stream)) {
    if (error) failure = errorDetail?.message ?? error;
  }
  if (failure) throw new RuntimeError("Other", failure);
}
