/** The gRPC client of the server beside it, by a library that is not ours (dockerode brings it). */
import { fileURLToPath } from "node:url";
import grpc, { type ClientDuplexStream, type ClientReadableStream, type Metadata } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

interface Word {
  text: string;
}

interface Answer {
  text: string;
  /** As the server has sent them after its message. */
  trailers: Metadata;
}

/** How a call was refused. */
export class TalkerRefusal extends Error {
  readonly code: number;

  constructor({ code, details }: { code: number; details: string }) {
    super(details);
    this.code = code;
  }
}

export class TalkerClient implements Disposable {
  readonly #client: grpc.Client;
  readonly #methods: grpc.ServiceDefinition;

  /** @param authority the host that is asked for; @param certificate the only one that is trusted, in PEM. */
  constructor(address: string, authority: string, certificate: Buffer) {
    const definition = loadSync(fileURLToPath(new URL("./talker.proto", import.meta.url)), { defaults: true });
    this.#methods = definition["talker.Talker"] as grpc.ServiceDefinition;
    this.#client = new grpc.Client(address, grpc.credentials.createSsl(certificate), {
      "grpc.ssl_target_name_override": authority,
      "grpc.default_authority": authority,
    });
  }

  /** @throws TalkerRefusal */
  say(text: string, speaker = "nobody"): Promise<Answer> {
    const metadata = new grpc.Metadata();
    metadata.set("speaker", speaker);
    const { path, requestSerialize, responseDeserialize } = this.#method("Say");
    return new Promise((resolve, reject) => {
      let answer: Word | undefined;
      const call = this.#client.makeUnaryRequest<Word, Word>(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => Word,
        { text },
        metadata,
        { deadline: Date.now() + 5_000 },
        (error, word) => {
          if (error) reject(new TalkerRefusal(error));
          else answer = word;
        },
      );
      call.on("status", ({ metadata: trailers }) => {
        if (answer) resolve({ text: answer.text, trailers });
      });
    });
  }

  count(value: number): ClientReadableStream<Word> {
    const { path, requestSerialize, responseDeserialize } = this.#method("Count");
    return this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => Word,
      { value },
    );
  }

  /** @returns the sum. */
  add(values: readonly number[]): Promise<number> {
    const { path, requestSerialize, responseDeserialize } = this.#method("Add");
    return new Promise((resolve, reject) => {
      const call = this.#client.makeClientStreamRequest<{ value: number }, { value: number }>(
        path,
        requestSerialize,
        responseDeserialize as (bytes: Buffer) => { value: number },
        (error, sum) => (error ? reject(new TalkerRefusal(error)) : resolve(sum?.value ?? Number.NaN)),
      );
      for (const value of values) call.write({ value });
      call.end();
    });
  }

  talk(): ClientDuplexStream<Word, Word> {
    const { path, requestSerialize, responseDeserialize } = this.#method("Talk");
    return this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize as (bytes: Buffer) => Word);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  #method(name: string): grpc.MethodDefinition<object, object> {
    const method = this.#methods[name];
    if (!method) throw new Error(`talker.proto has no ${name}`);
    return method;
  }
}
