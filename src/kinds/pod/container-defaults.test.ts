import { expect, it } from "vitest";
import { pullPolicyFor } from "./container-defaults.ts";

it.each([
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1.25", "IfNotPresent"],
  ["localhost:5000/nginx", "Always"],
  ["localhost:5000/nginx:1", "IfNotPresent"],
  ["nginx@sha256:0123", "IfNotPresent"],
  ["nginx:latest@sha256:0123", "Always"],
])("%s is pulled %s", (image, policy) => expect(pullPolicyFor(image)).toBe(policy));
