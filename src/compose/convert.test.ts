import { describe, expect, test } from "vitest";
import type { Deployment, Service } from "../machinery/types.ts";
import type { ComposeOptions } from "./context.ts";
import { type Conversion, convertCompose, isComposeFile } from "./convert.ts";
import { ComposeError, printProblem } from "./problem.ts";

const sender: ComposeOptions = {
  file: "compose.yaml",
  directory: "/home/me/shop",
  environment: { HOME: "/home/me", TAG: "1.2", TOKEN: "secret" },
  volumesDirectory: "/data/volumes",
};
/** Plain curl: no directory, no environment. */
const curl: ComposeOptions = { file: "-", volumesDirectory: "/data/volumes" };

const convert = (text: string, options: Partial<ComposeOptions> = {}) =>
  convertCompose(text, { ...sender, ...options });

function of<T extends Deployment | Service>(conversion: Conversion, kind: NonNullable<T["kind"]>, name = "web"): T {
  const found = conversion.objects.find(({ object }) => object.kind === kind && object.metadata?.name === name);
  if (!found) throw new Error(`no ${kind} ${name}`);
  return found.object as T;
}

/** The first container of a service `web` with these keys. */
function container(keys: string, options: Partial<ComposeOptions> = {}) {
  const { spec } = of<Deployment>(convert(web(keys), options), "Deployment");
  return spec?.template.spec?.containers[0];
}

const web = (keys: string) => `services:\n  web:\n    image: nginx\n${indent(keys)}`;
const indent = (keys: string) => keys.replace(/^(?=.)/gm, "    ");

function problems(text: string, options: ComposeOptions = sender): string[] {
  try {
    convertCompose(text, options);
  } catch (error) {
    if (error instanceof ComposeError) return error.problems.map(printProblem);
    throw error;
  }
  return [];
}

describe("a web and redis file", () => {
  const text = `
name: shop
services:
  web:
    image: "shop:\${TAG:-latest}"
    command: ["serve", "--port", "8000"]
    environment:
      REDIS: redis:6379
      DEBUG: "1"
    ports:
      - "8080:8000"
    volumes:
      - ./html:/srv/html:ro
    depends_on: [redis]
    restart: unless-stopped
    deploy:
      replicas: 1
  redis:
    image: redis
    volumes:
      - data:/data
volumes:
  data:
`;

  test("becomes a Service and a Deployment each", () => {
    const conversion = convert(text);
    expect(conversion.project).toBe("shop");
    expect(conversion.objects.map(({ object, source }) => [object.kind, object.metadata?.name, source.line])).toEqual([
      ["Service", "web", 4],
      ["Deployment", "web", 4],
      ["Service", "redis", 18],
      ["Deployment", "redis", 18],
    ]);
    const labels = { "app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop" };
    const all = { ...labels, "app.kubernetes.io/managed-by": "skiff-compose" };
    expect(of<Service>(conversion, "Service")).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", labels: all },
      spec: { selector: labels, ports: [{ name: "tcp-8000", port: 8000, protocol: "TCP" }] },
    });
    expect(of<Deployment>(conversion, "Deployment")).toEqual({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", labels: all },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: "100%" } },
        template: {
          metadata: { labels: all },
          spec: {
            containers: [
              {
                name: "web",
                image: "shop:1.2",
                args: ["serve", "--port", "8000"],
                env: [
                  { name: "REDIS", value: "redis:6379" },
                  { name: "DEBUG", value: "1" },
                ],
                ports: [{ containerPort: 8000, protocol: "TCP", hostPort: 8080 }],
                volumeMounts: [{ name: "volume-0", mountPath: "/srv/html", readOnly: true }],
              },
            ],
            volumes: [{ name: "volume-0", hostPath: { path: "/home/me/shop/html" } }],
            terminationGracePeriodSeconds: 10,
          },
        },
      },
    });
    expect(of<Service>(conversion, "Service", "redis").spec).toEqual({
      clusterIP: "None",
      selector: { "app.kubernetes.io/name": "redis", "app.kubernetes.io/part-of": "shop" },
    });
    expect(of<Deployment>(conversion, "Deployment", "redis").spec?.template.spec?.volumes).toEqual([
      { name: "volume-0", hostPath: { path: "/data/volumes/shop_data", type: "DirectoryOrCreate" } },
    ]);
  });

  test("names what was not converted", () => {
    expect(convert(text).notConverted.map(printProblem)).toEqual([
      "compose.yaml:14:5: services.web.depends_on: is not converted: all services start at once, and one that fails is started again",
    ]);
  });

  test("without directory and environment is refused with file and line", () => {
    expect(problems(text, curl)).toEqual([
      '-:13:9: services.web.volumes[0]: the path "./html" is relative, and the project\'s directory was not sent along: write an absolute path',
    ]);
  });
});

describe("keys of a service", () => {
  test.each([
    ["command: nginx -g 'daemon off;'", { args: ["nginx", "-g", "daemon off;"] }],
    ["entrypoint: [sh, -c]\ncommand: [echo $$(date)]", { command: ["sh", "-c"], args: ["echo $$(date)"] }],
    ["command:", {}],
    ["environment: [A=1, TOKEN, B=x=y, MISSING]", { env: env({ A: "1", TOKEN: "secret", B: "x=y" }) }],
    [
      "environment:\n  A: 1.20\n  B: true\n  TOKEN:\n  C: ''",
      { env: env({ A: "1.20", B: "true", TOKEN: "secret", C: "" }) },
    ],
    ["environment: {A: '${TAG}', B: '$$TAG', C: '$$(TAG)'}", { env: env({ A: "1.2", B: "$TAG", C: "$$(TAG)" }) }],
    [
      "user: '1000:1001'\nprivileged: true\nread_only: on",
      { securityContext: { privileged: true, readOnlyRootFilesystem: true, runAsUser: 1000, runAsGroup: 1001 } },
    ],
    [
      "cap_add: [NET_ADMIN]\ncap_drop: [cap_all]",
      { securityContext: { capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } } },
    ],
    [
      "working_dir: /srv\ntty: true\nstdin_open: true\npull_policy: missing",
      { workingDir: "/srv", tty: true, stdin: true, imagePullPolicy: "IfNotPresent" },
    ],
    [
      "healthcheck:\n  test: curl -f localhost",
      { readinessProbe: probe(["/bin/sh", "-c", "curl -f localhost"], 30, 30, 3) },
    ],
    [
      "healthcheck:\n  test: [CMD, redis-cli, ping]\n  interval: 1m30s\n  timeout: 500ms\n  retries: 5",
      { readinessProbe: probe(["redis-cli", "ping"], 90, 1, 5) },
    ],
    [
      "healthcheck: {test: [CMD-SHELL, exit 0], interval: 5s, timeout: 2s}",
      { readinessProbe: probe(["/bin/sh", "-c", "exit 0"], 5, 2, 3) },
    ],
    ["healthcheck: {test: [NONE]}", {}],
    ["healthcheck: {test: x, disable: true}", {}],
    ["expose: ['9000', 53/udp]", { ports: [port(9000), port(53, "UDP")] }],
    ["ports: [80:80]", { ports: [{ ...port(80), hostPort: 80 }] }],
    ["ports: ['127.0.0.1:8080:80/udp']", { ports: [{ ...port(80, "UDP"), hostPort: 8080, hostIP: "127.0.0.1" }] }],
    [
      "ports: ['0.0.0.0:8080:80', '[::1]:81:81']",
      {
        ports: [
          { ...port(80), hostPort: 8080 },
          { ...port(81), hostPort: 81, hostIP: "::1" },
        ],
      },
    ],
    [
      "ports: ['3000-3001:4000-4001']",
      {
        ports: [
          { ...port(4000), hostPort: 3000 },
          { ...port(4001), hostPort: 3001 },
        ],
      },
    ],
    [
      "ports: [{target: 80, published: '8080', protocol: tcp, mode: host}]",
      { ports: [{ ...port(80), hostPort: 8080 }] },
    ],
    ["ports: ['8080:80']\nexpose: [80, 81]", { ports: [{ ...port(80), hostPort: 8080 }, port(81)] }],
  ])("%s", (keys, expected) => {
    expect(container(keys)).toEqual({ name: "web", image: "nginx", ...expected });
  });

  test("a container's port is published once", () => {
    const conversion = convert(web("ports: ['8080:80', '8080:80', '80', '8081:80', '8081:80/udp']"));
    const { spec } = of<Deployment>(conversion, "Deployment");
    expect(spec?.template.spec?.containers[0]?.ports).toEqual([
      { ...port(80), hostPort: 8080 },
      { ...port(80, "UDP"), hostPort: 8081 },
    ]);
    expect(conversion.notConverted.map(({ path, message }) => `${path} ${message}`)).toContain(
      "services.web.ports[3] is not converted: 80/tcp is published as 8080, and can be once only",
    );
  });

  test.each([
    ["volumes: [/cache]", { emptyDir: {} }, { mountPath: "/cache" }],
    [
      "volumes: ['/etc/hosts:/hosts:ro']",
      { hostPath: { path: "/etc/hosts" } },
      { mountPath: "/hosts", readOnly: true },
    ],
    ["volumes: ['~/x:/x']", { hostPath: { path: "/home/me/x" } }, { mountPath: "/x" }],
    ["volumes: ['../x:/x:rw']", { hostPath: { path: "/home/me/x" } }, { mountPath: "/x" }],
    [
      "volumes: [{type: bind, source: ./x, target: /x, read_only: true}]",
      { hostPath: { path: "/home/me/shop/x" } },
      { mountPath: "/x", readOnly: true },
    ],
    ["volumes: [{type: tmpfs, target: /x}]", { emptyDir: { medium: "Memory" } }, { mountPath: "/x" }],
    ["tmpfs: /run", { emptyDir: { medium: "Memory" } }, { mountPath: "/run" }],
  ])("%s", (keys, source, mount) => {
    const spec = of<Deployment>(convert(web(keys)), "Deployment").spec?.template.spec;
    expect(spec?.volumes).toEqual([{ name: "volume-0", ...source }]);
    expect(spec?.containers[0]?.volumeMounts).toEqual([{ name: "volume-0", ...mount }]);
  });

  test("files of env_file whose contents are missing are named, needed or not", () => {
    const keys = "env_file: [{path: b.env, required: false}]";
    expect(convert(web(keys), { envFiles: {} }).wantedFiles).toEqual(["b.env"]);
    try {
      convert(web("env_file: [a.env, {path: b.env, required: false}]"));
      expect.unreachable();
    } catch (error) {
      expect((error as ComposeError).wantedFiles).toEqual(["a.env", "b.env"]);
    }
  });

  test("files of env_file come first, environment counts over them", () => {
    const keys =
      "env_file: [a.env, {path: b.env, required: false}, {path: c.env, required: false}]\nenvironment: {B: own}";
    const envFiles = { "a.env": "A=1\nB=file\n", "b.env": "A=2\nC=${TAG}" };
    expect(container(keys, { envFiles })?.env).toEqual(env({ A: "2", B: "own", C: "1.2" }));
  });

  test("labels become annotations, replicas and grace are taken", () => {
    const conversion = convert(
      web("labels: [a.b=c d, e]\ndeploy: {replicas: 3}\nstop_grace_period: 1m\nhostname: box"),
    );
    const { spec } = of<Deployment>(conversion, "Deployment");
    expect(spec?.replicas).toBe(3);
    expect(spec?.template.metadata?.annotations).toEqual({ "a.b": "c d", e: "" });
    expect(spec?.template.spec).toMatchObject({ terminationGracePeriodSeconds: 60, hostname: "box" });
    expect(spec?.strategy).toBeUndefined();
  });
});

describe("the file", () => {
  test("anchors, merges and extensions", () => {
    const conversion = convert(`
x-base: &base
  image: base
  environment: {A: "1"}
services:
  web: { <<: *base, image: web }
  job: *base
`);
    expect(of<Deployment>(conversion, "Deployment").spec?.template.spec?.containers[0]).toMatchObject({
      image: "web",
      env: env({ A: "1" }),
    });
    expect(of<Deployment>(conversion, "Deployment", "job").spec?.template.spec?.containers[0]?.image).toBe("base");
    expect(conversion.notConverted).toEqual([]);
  });

  test.each([
    ["name: My_Shop\n", {}, "my-shop"],
    ["", {}, "shop"],
    ["", { project: "given" }, "given"],
    ["name: my-shop\n", { project: "given" }, "given"],
    ["", { directory: "/" }, "compose"],
  ])("project %j %j", (head, options, project) => {
    expect(convert(`${head}${web("")}`, options).project).toBe(project);
  });

  test("a namespace is put into every object", () => {
    const { objects } = convert(web(""), { namespace: "shop" });
    expect(objects.map(({ object }) => object.metadata?.namespace)).toEqual(["shop", "shop"]);
  });

  test.each([
    [{ services: {} }, true],
    [{ services: {}, apiVersion: "v1" }, false],
    [{ kind: "List" }, false],
    [null, false],
    ["services", false],
  ])("%j is a Compose file: %s", (document, is) => {
    expect(isComposeFile(document)).toBe(is);
  });

  test("profiles that are not active are left out", () => {
    const text = web("profiles: [debug]");
    expect(convert(text).objects).toEqual([]);
    expect(convert(text).notConverted.map(printProblem)).toEqual([
      "compose.yaml:2:3: services.web: belongs to the profile debug, which COMPOSE_PROFILES does not name",
    ]);
    expect(convert(text, { environment: { COMPOSE_PROFILES: "a,debug" } }).objects).toHaveLength(2);
  });
});

describe("not converted, and named", () => {
  test.each([
    ["build: .", "compose.yaml:4:5: services.web.build: is not converted: build the image and name it with image"],
    [
      "container_name: x",
      "compose.yaml:4:5: services.web.container_name: is not converted: a Pod's name is made by its Deployment",
    ],
    ["mem_limit: 1g", "compose.yaml:4:5: services.web.mem_limit: is not converted"],
    [
      "restart: on-failure:3",
      "compose.yaml:4:5: services.web.restart: the policy on-failure:3 is not converted: a Deployment always restarts its containers",
    ],
    [
      "deploy: {update_config: {parallelism: 2}}",
      "compose.yaml:4:14: services.web.deploy.update_config: is not converted",
    ],
    [
      "ports: ['80']",
      "compose.yaml:4:13: services.web.ports[0]: a free port of the host is not chosen: name the one to publish, as in 8080:80",
    ],
    ["user: nobody", "compose.yaml:4:5: services.web.user: the user nobody is not converted: give it as a number"],
    [
      "healthcheck: {test: x, start_period: 5s}",
      "compose.yaml:4:28: services.web.healthcheck.start_period: is not needed: a check that fails keeps traffic away and restarts nothing",
    ],
    ["volumes: ['./a:/a:z']", "compose.yaml:4:15: services.web.volumes[0]: the mode z is not converted"],
  ])("%s", (keys, expected) => {
    expect(convert(web(keys)).notConverted.map(printProblem)).toEqual([expected]);
  });

  test("keys at the top", () => {
    const text = `version: "3"\n${web("")}secrets: {a: {file: x}}\nx-mine: 1\n`;
    expect(convert(text).notConverted.map(printProblem)).toEqual(["compose.yaml:5:1: secrets: is not converted"]);
  });

  test.each([
    [
      "environment: {A: $MISSING}",
      "compose.yaml:4:22: services.web.environment.A: the variable MISSING is not set and defaults to a blank string",
    ],
    [
      "ports: ['80:80']\nscale: 2",
      "compose.yaml:3:5: services.web: 2 replicas cannot all have the same port of the host: only one will run",
    ],
  ])("%s warns", (keys, expected) => {
    expect(convert(web(keys)).warnings.map(printProblem)).toEqual([expected]);
  });
});

describe("errors", () => {
  test.each([
    [
      "services:\n  web:\n    ports: [80]\n",
      ["compose.yaml:3:5: services.web: image is required (build is not converted)"],
    ],
    ["a: 1\n", ["compose.yaml:1:1: services is required"]],
    ["- a\n", ["compose.yaml:1:1: a Compose file is a mapping with the key services"]],
    ["services:\n  web: x\n", ["compose.yaml:2:3: services.web: a service is a mapping"]],
    [
      web("ports: ['80:70000']"),
      ["compose.yaml:4:13: services.web.ports[0]: a port is a number between 1 and 65535, or a range of them"],
    ],
    [
      web("ports: ['1-3:1-2']"),
      ["compose.yaml:4:13: services.web.ports[0]: the ranges 1-3 and 1-2 are not of the same length"],
    ],
    [
      web("ports: [x]"),
      ['compose.yaml:4:13: services.web.ports[0]: invalid port "x": expected [[IP:]HOST:]CONTAINER[/PROTOCOL]'],
    ],
    [
      web("volumes: ['data:/x']"),
      [
        "compose.yaml:4:15: services.web.volumes[0]: refers to the volume data, which the top-level key volumes does not declare",
      ],
    ],
    [web("environment: x"), ["compose.yaml:4:5: services.web.environment: must be a mapping or a list"]],
    [web("command: 'open \"quote'"), ['compose.yaml:4:5: services.web.command: the quote " is not closed']],
    [web("privileged: perhaps"), ['compose.yaml:4:5: services.web.privileged: "perhaps" is no boolean']],
    [web("deploy: {replicas: -1}"), ['compose.yaml:4:14: services.web.deploy.replicas: "-1" is no whole number']],
    [web("restart: sometimes"), ['compose.yaml:4:5: services.web.restart: invalid restart policy "sometimes"']],
    [
      web("env_file: a.env"),
      ["compose.yaml:4:15: services.web.env_file: the contents of a.env were not sent along, or there is no such file"],
    ],
    [
      web("working_dir: ${DIR:?set it}"),
      ["compose.yaml:4:18: services.web.working_dir: required variable DIR is missing a value: set it"],
    ],
    [
      "services:\n  a_b: {image: x}\n  a-b: {image: x}\n",
      ["compose.yaml:3:3: services.a-b: has the same name as a_b: a-b"],
    ],
    ["services:\n  web: {image: x}\n  web: {image: y}\n", ["compose.yaml:3:3: Map keys must be unique"]],
    [
      "services: {a: [}\n",
      ["compose.yaml:1:16: Flow sequence in block collection must be sufficiently indented and end with a ]"],
    ],
  ])("%j", (text, expected) => {
    expect(problems(text).slice(0, expected.length)).toEqual(expected);
  });

  test("an unset variable where no environment was sent", () => {
    expect(problems(web("hostname: ${BOX}"), curl)).toEqual([
      "-:4:15: services.web.hostname: the variable BOX is not set: no environment was sent along",
    ]);
    expect(problems(web("hostname: ${BOX:-box}"), curl)).toEqual([]);
  });

  test("all are told, as a Status with a cause each", () => {
    const text = web("ports: [x]\nprivileged: y");
    expect(() => convert(text)).toThrow("the Compose file is invalid: [compose.yaml:4:13: ");
    try {
      convert(text);
    } catch (error) {
      expect((error as ComposeError).toStatus()).toMatchObject({
        code: 422,
        reason: "Invalid",
        details: { causes: [{ field: "services.web.ports[0]" }, { field: "services.web.privileged" }] },
      });
    }
  });

  test.each([
    ["an alias to itself", "services: &a\n  web: {image: x, labels: *a}\n"],
    ["aliases of aliases", bomb()],
  ])("%s is refused", (_name, text) => {
    expect(problems(text).length).toBeGreaterThan(0);
  });
});

function bomb(): string {
  const lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"];
  for (let level = 1; level < 10; level++) {
    lines.push(
      `x${level}: &x${level} [${Array(10)
        .fill(`*x${level - 1}`)
        .join(", ")}]`,
    );
  }
  return `${lines.join("\n")}\nservices: {web: {image: x}}\n`;
}

function env(variables: Record<string, string>) {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function probe(command: string[], periodSeconds: number, timeoutSeconds: number, failureThreshold: number) {
  return { exec: { command }, periodSeconds, timeoutSeconds, failureThreshold };
}

function port(containerPort: number, protocol = "TCP") {
  return { containerPort, protocol };
}
