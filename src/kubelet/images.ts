/** Gets the images that containers need. Rule: https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy */
import type { Clock } from "../machinery/clock.ts";
import type { ContainerRuntime, RegistryAuth, RuntimeImage } from "../machinery/container-runtime.ts";
import type { EventRecorder } from "../machinery/event-recorder.ts";
import type { ObjectReference } from "../machinery/types.ts";
import { nextSeconds } from "./backoff.ts";
import { imageNameError } from "./image-reference.ts";

/** Why there is no image: `reason` is shown as the container's waiting reason. */
export class ImageError extends Error {
  readonly reason: "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError";
  /** When to try again, in milliseconds since the epoch; undefined: only a change elsewhere can help. */
  readonly retryAt: number | undefined;

  constructor(reason: ImageError["reason"], message: string, retryAt?: number) {
    super(message);
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

export interface ImageRequest {
  image: string;
  policy: "Always" | "IfNotPresent" | "Never";
  auths: readonly RegistryAuth[];
  /** Container that the Events are about. */
  about: ObjectReference;
}

interface Failure {
  message: string;
  until: number;
  seconds: number;
}

/** A failure is shown as itself for so long before it is shown as waiting. */
const showFailureMs = 1_000;
/** A kubelet looks at a Pod that waits about this often, and says so each time; what else wakes this one is no news. */
const tellAgainMs = 10_000;

export class Images {
  readonly #runtime: Pick<ContainerRuntime, "image" | "pull">;
  readonly #events: EventRecorder;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** By reference or id; forgotten whenever the engine's images change. */
  #local = new Map<string, Promise<RuntimeImage | undefined>>();
  readonly #known = new Map<string, RuntimeImage>();
  readonly #pulling = new Map<string, Promise<number>>();
  /** By Pod and image. */
  readonly #failures = new Map<string, Failure>();
  /** By Pod and image: when Events last told that there is none. */
  readonly #told = new Map<string, number>();

  constructor(
    runtime: Pick<ContainerRuntime, "image" | "pull">,
    events: EventRecorder,
    clock: Clock,
    signal: AbortSignal,
  ) {
    this.#runtime = runtime;
    this.#events = events;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** To be called when the engine's images may have changed. */
  changed(): void {
    this.#local = new Map();
  }

  /** `docker-pullable://nginx@sha256:…` for images of a registry, else `docker://sha256:…`. */
  name(id: string): string {
    const digest = this.#known.get(id)?.repoDigests[0];
    return digest ? `docker-pullable://${digest}` : `docker://${id}`;
  }

  /** Makes sure that {@link name} can tell what it knows. */
  async learn(ids: Iterable<string>): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => id !== "" && !this.#known.has(id));
    await Promise.all(unknown.map((id) => this.#find(id)));
  }

  /** @throws ImageError in Kubernetes' words; Events tell of every step. */
  async ensure(request: ImageRequest): Promise<RuntimeImage> {
    const { image, policy, about } = request;
    const wrong = imageNameError(image);
    if (wrong) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${wrong}`;
      this.#tell(request, () => {
        this.#events.record(about, "Warning", "InspectFailed", message);
        this.#events.record(about, "Warning", "Failed", "Error: InvalidImageName");
      });
      throw new ImageError("InvalidImageName", message);
    }
    const present = await this.#find(image);
    if (policy === "Never" && !present) {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      this.#tell(request, () => {
        this.#events.record(about, "Warning", "ErrImageNeverPull", message);
        this.#events.record(about, "Warning", "Failed", "Error: ErrImageNeverPull");
      });
      throw new ImageError("ErrImageNeverPull", message);
    }
    if (present && policy !== "Always") return this.#usePresent(request, present);
    return this.#pull(request, present);
  }

  #usePresent({ image, about }: ImageRequest, present: RuntimeImage): RuntimeImage {
    this.#events.record(about, "Normal", "Pulled", `Container image "${image}" already present on machine`);
    return present;
  }

  async #pull(request: ImageRequest, present: RuntimeImage | undefined): Promise<RuntimeImage> {
    const { image, about } = request;
    const key = keyOf(request);
    const failure = this.#failures.get(key);
    const now = this.#clock.now();
    if (failure && now < failure.until) {
      if (present) return this.#usePresent(request, present);
      this.#tell(request, () => {
        this.#events.record(about, "Normal", "BackOff", `Back-off pulling image "${image}"`);
        this.#events.record(about, "Warning", "Failed", "Error: ImagePullBackOff");
      });
      const message = `Back-off pulling image "${image}": ErrImagePull: ${failure.message}`;
      throw new ImageError("ImagePullBackOff", message, failure.until);
    }
    this.#events.record(about, "Normal", "Pulling", `Pulling image "${image}"`);
    try {
      const took = await this.#pullOnce(request);
      const waited = this.#clock.now() - now;
      this.changed();
      const pulled = await this.#find(image);
      if (!pulled) throw new Error(`image "${image}" is not in the local store after it was pulled`);
      this.#failures.delete(key);
      const times = `${took / 1000}s (${waited / 1000}s including waiting)`;
      const message = `Successfully pulled image "${image}" in ${times}. Image size: ${pulled.sizeBytes} bytes.`;
      this.#events.record(about, "Normal", "Pulled", message);
      return pulled;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return this.#pullFailed(request, present, key, `Error response from daemon: ${message}`);
    }
  }

  /** An image that is there is always usable: not to reach its registry is no outage (docs/differences.md). */
  #pullFailed(request: ImageRequest, present: RuntimeImage | undefined, key: string, message: string): RuntimeImage {
    const { image, about } = request;
    const seconds = nextSeconds(this.#failures.get(key)?.seconds ?? 0);
    const until = this.#clock.now() + seconds * 1000;
    this.#failures.set(key, { message, seconds, until });
    this.#told.delete(key);
    this.#events.record(about, "Warning", "Failed", `Failed to pull image "${image}": ${message}`);
    if (present) return this.#usePresent(request, present);
    this.#events.record(about, "Warning", "Failed", "Error: ErrImagePull");
    throw new ImageError("ErrImagePull", message, this.#clock.now() + showFailureMs);
  }

  /** One pull of an image at a time: whoever wants it too waits for the same. @returns milliseconds it took. */
  #pullOnce({ image, auths }: ImageRequest): Promise<number> {
    const key = JSON.stringify([image, auths]);
    const present = this.#pulling.get(key);
    if (present) return present;
    const begun = this.#clock.now();
    const pull = this.#runtime
      .pull(image, auths, this.#signal)
      .then(() => this.#clock.now() - begun)
      .finally(() => this.#pulling.delete(key));
    this.#pulling.set(key, pull);
    return pull;
  }

  #find(reference: string): Promise<RuntimeImage | undefined> {
    const local = this.#local;
    const present = local.get(reference);
    if (present) return present;
    const found = this.#runtime.image(reference).then((image) => {
      if (image) this.#known.set(image.id, image);
      return image;
    });
    local.set(reference, found);
    // A question that failed must be asked again.
    found.catch(() => local.delete(reference));
    return found;
  }

  /** Records that an image is still wanting, unless that was told of a moment ago. */
  #tell(request: ImageRequest, record: () => void): void {
    const key = keyOf(request);
    const now = this.#clock.now();
    const last = this.#told.get(key);
    if (last !== undefined && now - last < tellAgainMs) return;
    this.#told.set(key, now);
    record();
  }

  /** Forgets what was remembered of a Pod that is gone. */
  forget(podUid: string): void {
    for (const remembered of [this.#failures, this.#told]) {
      for (const key of remembered.keys()) if (key.startsWith(`${podUid}_`)) remembered.delete(key);
    }
  }
}

function keyOf({ about, image }: ImageRequest): string {
  return `${about.uid}_${image}`;
}
