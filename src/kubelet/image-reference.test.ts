import { expect, test } from "vitest";
import { imageNameError, registryOf } from "./image-reference.ts";

test.each([
  "nginx",
  "nginx:1.25",
  "library/nginx",
  "docker.io/library/busybox:1.28.4",
  "registry.example:5000/team/app_one/sub.part:v1.2-3_x",
  "[2001:db8::1]:5000/app",
  `app@sha256:${"a".repeat(64)}`,
  `localhost/app:1@sha256:${"a".repeat(64)}`,
])("%s is a name", (image) => expect(imageNameError(image)).toBeUndefined());

test.each([
  ["", "invalid reference format"],
  ["a b", "invalid reference format"],
  ["nginx:", "invalid reference format"],
  ["nginx:-1", "invalid reference format"],
  ["/nginx", "invalid reference format"],
  ["Nginx", "invalid reference format: repository name must be lowercase"],
  ["team/App:1", "invalid reference format: repository name must be lowercase"],
])("%j is none: %s", (image, error) => expect(imageNameError(image)).toBe(error));

test.each([
  ["nginx", "docker.io"],
  ["team/app", "docker.io"],
  ["ghcr.io/team/app", "ghcr.io"],
  ["localhost/app", "localhost"],
  ["host:5000/app", "host:5000"],
])("%s comes from %s", (image, registry) => expect(registryOf(image)).toBe(registry));
