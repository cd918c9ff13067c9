import { encode, type Packet } from "dns-packet";
import { expect, it } from "vitest";
import { answersQuery, headerBytes, questionKey, recordPlaces } from "./message.ts";

/** A header with one question: the labels as they are given, and the type. */
function question(labels: readonly string[], type: number): Buffer {
  const name = labels.map((label) => String.fromCharCode(label.length) + label).join("");
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, Buffer.from(`${name}\0\0${String.fromCharCode(type)}\0\u0001`, "latin1")]);
}

const key = (labels: readonly string[], type = 1): string => {
  const packet = question(labels, type);
  return questionKey(packet, packet.length);
};

it("takes names for the same whatever the case of their letters, and nothing else", () => {
  expect(key(["WWW", "Example"])).toBe(key(["www", "example"]));
  expect(key(["www", "example"], 65)).not.toBe(key(["www", "example"], 97));
  expect(key(["www.example"])).not.toBe(key(["www", "example"]));
  expect(key(["\u00c0"])).not.toBe(key(["\u00e0"]));
});

const query = encode({ type: "query", id: 7, questions: [{ type: "A", name: "www.example" }] });
const answer: Packet = { type: "response", id: 7, questions: [{ type: "A", name: "www.example" }] };

it.each<[string, Packet, boolean]>([
  ["the question in another case", { ...answer, questions: [{ type: "A", name: "WWW.example" }] }, true],
  ["another id", { ...answer, id: 8 }, false],
  ["another name", { ...answer, questions: [{ type: "A", name: "xxx.example" }] }, false],
  ["another type", { ...answer, questions: [{ type: "AAAA", name: "www.example" }] }, false],
  ["another class", { ...answer, questions: [{ type: "A", name: "www.example", class: "CH" }] }, false],
  ["a query", { ...answer, type: "query" }, false],
  ["a complaint without a question", { ...answer, questions: [], flags: 1 }, true],
  ["success without a question", { ...answer, questions: [] }, false],
  ["NXDOMAIN without a question", { ...answer, questions: [], flags: 3 }, false],
])("%s", (_name, packet, expected) => {
  expect(answersQuery(encode(packet), query, query.length)).toBe(expected);
});

it("knows no records of a message that ends before they do", () => {
  const packet: Packet = { ...answer, answers: [{ type: "A", name: "www.example", data: "192.0.2.1" }] };
  const message = encode(packet);
  expect(recordPlaces(message, query.length)).toMatchObject([{ type: 1, end: message.length, section: "answer" }]);
  for (let end = query.length; end < message.length; end++) {
    expect(recordPlaces(message.subarray(0, end), query.length)).toBeUndefined();
  }
});
