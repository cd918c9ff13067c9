/** What is known of a request for the access log, gathered while it is served. */
import type { AnswerHere, AskBackend } from "./decision.ts";
import type { Front } from "./front.ts";
import type { Gateway } from "./gateway.ts";
import type { RequestHead } from "./http1/head.ts";

export class RequestRecord {
  /** The client's own where it has given one, as traces need it. */
  readonly id: string;
  /** Of the answer; 0 as long as there is none. */
  status = 0;
  /** Of the answer's body. */
  bytes = 0;
  readonly #gateway: Gateway;
  readonly #front: Front;
  readonly #head: RequestHead;
  readonly #began: number;

  constructor(gateway: Gateway, front: Front, head: RequestHead) {
    this.#gateway = gateway;
    this.#front = front;
    this.#head = head;
    this.#began = gateway.now();
    const { requestId } = head;
    this.id = requestId && /^[\x21-\x7e]{1,128}$/.test(requestId) ? requestId : gateway.requestId();
  }

  /** @param upstream the endpoint that was asked last. */
  log({ user, route }: AnswerHere | AskBackend, upstream: string | undefined): void {
    const { client, protocol } = this.#front;
    const { method, target, referer, userAgent, host } = this.#head;
    this.#gateway.log({
      address: client.address,
      user,
      method,
      target,
      protocol,
      status: this.status,
      bytes: this.bytes,
      referer,
      userAgent,
      host,
      milliseconds: this.#gateway.now() - this.#began,
      owner: route?.owner,
      upstream,
      requestId: this.id,
    });
  }
}
