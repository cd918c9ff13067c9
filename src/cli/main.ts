/** The `skiff` command: reads the arguments, calls one file per command, prints errors as sentences. */
import { Command, InvalidArgumentError, Option } from "commander";
import { withInstance } from "./instance-options.ts";

function port(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError("must be a port between 1 and 65535");
  return number;
}

const output = (): Option => new Option("-o, --output <format>", "output format").choices(["json"]);

function seconds(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number <= 86_400)) throw new InvalidArgumentError("must be a number of seconds above 0");
  return number;
}

/** What comes again would silently take the place of what came first. */
function once(value: string, previous: string | undefined): string {
  if (previous !== undefined) throw new InvalidArgumentError("may be given once only");
  return value;
}

const namespace = (): Option =>
  new Option("-n, --namespace <namespace>", "namespace of objects that name none").default("default");
const projectName = (): Option =>
  new Option("-p, --project-name <name>", "name of the Compose project, whatever the file says");

function withCompose(command: Command): Command {
  return withInstance(command)
    .option("-f, --file <file>", "the Compose file, or - (default: compose.yaml, here or above)", once)
    .addOption(projectName())
    .addOption(namespace())
    .option("--timeout <seconds>", "how long to wait at most", seconds, 60);
}

/** Commands are loaded when called: `skiff status` need not wait for what `skiff compose` uses. */
export function program(finish: (code: number) => void): Command {
  const skiff = new Command("skiff")
    .description("A small Kubernetes for one host.")
    .version(process.env["SKIFF_VERSION"] ?? "0.1.0");

  withInstance(skiff.command("up"))
    .description("start the instance and wait until its node is Ready")
    .option("--port <port>", "port of the API server (default: 6443, or the one of the last start)", port)
    .option(
      "--pod-cidr <cidr>",
      "addresses of Pods (default: 10.244.0.0/16 or the next free one); 10.244.0.0/16,fd00:10:244::/64 for dual-stack",
    )
    .option(
      "--service-cidr <cidr>",
      "addresses of Services (default: 10.96.0.0/12 or the next free one); 10.96.0.0/12,fd00:10:96::/112 for dual-stack",
    )
    .option("--node-port-range <from-to>", "ports of NodePort Services (default: 30000-32767)")
    .addOption(
      new Option("--proxy-mode <mode>", "how Services are reached")
        .choices(["auto", "nftables", "userspace"])
        .default("auto"),
    )
    .option("--foreground", "stay in the foreground")
    .option("--no-merge", "leave ~/.kube/config alone")
    .action(async (options) => finish(await (await import("./up.ts")).up(options)));

  withInstance(skiff.command("status"))
    .description("what runs, and where; exit code 3 when it does not")
    .addOption(output())
    .action(async (options) => finish(await (await import("./status.ts")).status(options)));

  withInstance(skiff.command("down"))
    .description("stop the instance; objects stay, and the next `skiff up` brings everything back")
    .option("--keep-pods", "leave the Pods' containers running")
    .action(async (options) => finish(await (await import("./down.ts")).down(options)));

  withInstance(skiff.command("reset"))
    .description("remove everything the instance ever made")
    .option("--yes", "yes, really")
    .action(async (options) => finish(await (await import("./down.ts")).reset(options)));

  withInstance(skiff.command("apply"))
    .description("apply Kubernetes YAML or a Compose file; when something in it is wrong, nothing is applied")
    .requiredOption("-f, --filename <file>", "a file, a directory with manifests, or - for standard input", once)
    .addOption(namespace())
    .addOption(projectName())
    .option("--dry-run", "only tell what would be done")
    .option("--force-conflicts", "take over fields that other managers (kubectl, …) have set")
    .option("--field-manager <name>", "name under which fields are owned", "skiff")
    .action(async (options) => finish(await (await import("./apply.ts")).apply(options)));

  const compose = skiff.command("compose").description("run the services of a Compose file");
  withCompose(compose.command("up"))
    .description("create or change the services")
    .option("-d, --detach", "do not follow the logs")
    .option("--wait", "wait until every service is available, and do not follow the logs")
    .option("--remove-orphans", "remove services that are no longer in the file")
    .action(async (options) => finish(await (await import("./compose.ts")).composeUp(options)));
  withCompose(compose.command("down"))
    .description("remove the services; volumes stay")
    .action(async (options) => finish(await (await import("./compose.ts")).composeDown(options)));

  const proxy = skiff.command("proxy").description("how Services are served");
  withInstance(proxy.command("rules"))
    .description("print the rules in force for a Service, with a sentence each")
    .argument("[service]", "name of the Service; without one, all of them")
    .addOption(namespace())
    .addOption(
      new Option("--as <proxy>", "as another kind of proxy would have written them").choices(["iptables", "ipvs"]),
    )
    .action(async (service, options) => finish(await (await import("./proxy-rules.ts")).proxyRules(service, options)));

  withInstance(skiff.command("trace"))
    .description("follow a live request to a Service, from its name to the Pod that takes it")
    .argument("<service>", "svc/NAME, or the name alone")
    .addOption(namespace())
    .addOption(output())
    .action(async (service, options) => finish(await (await import("./trace.ts")).trace(service, options)));

  withInstance(skiff.command("kubeconfig"))
    .description("print the instance's kubeconfig")
    .action(async (options) => finish((await import("./kubeconfig.ts")).kubeconfig(options)));

  withInstance(skiff.command("doctor"))
    .description("check what Skiff needs of this machine")
    .addOption(output())
    .action(async (options) => finish(await (await import("./doctor.ts")).doctor(options)));

  return skiff;
}
