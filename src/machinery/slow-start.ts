/**
 * Does the same thing `count` times: once, then twice at once, then four times, …, so that what fails for every one
 * fails once and not a thousand times. Rule: Kubernetes' `slowStartBatch`.
 * @param act is given 0, 1, 2, … and not called again after a batch in which it threw.
 * @throws the first error of that batch.
 */
export async function slowStart(count: number, act: (index: number) => Promise<void>): Promise<void> {
  for (let done = 0, size = 1; done < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - done) }, (_, index) => act(done + index));
    const results = await Promise.allSettled(batch);
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
    done += batch.length;
  }
}
