import { describe, expect, it } from "vitest";
import {
  configKeyErrors,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  dnsSearchErrors,
  environmentNameErrors,
  labelValueErrors,
  portNameErrors,
  portNumberErrors,
  qualifiedNameErrors,
} from "./names.ts";

const cases: [
  name: string,
  rule: (value: string) => string[],
  good: string[],
  bad: [value: string, errors: string[]][],
][] = [
  [
    "search domain",
    dnsSearchErrors,
    ["a.b", "abc_d.example.com", "_sip._tcp.example.com"],
    [
      [
        "UP_",
        [
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ],
      ],
      ["x".repeat(254), ["must be no more than 253 characters"]],
    ],
  ],
  [
    "DNS label",
    dns1123LabelErrors,
    ["a", "1a", "a-b", "x".repeat(63)],
    [
      [
        "C_",
        [
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ],
      ],
      ["x".repeat(64), ["must be no more than 63 characters"]],
    ],
  ],
  [
    "DNS subdomain",
    dns1123SubdomainErrors,
    ["a", "a.b", "kube-root-ca.crt", "x".repeat(253)],
    [
      [
        "Bad_Name",
        [
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        ],
      ],
      ["x".repeat(254), ["must be no more than 253 characters"]],
    ],
  ],
  [
    "DNS-1035 label",
    dns1035LabelErrors,
    ["a", "a1"],
    [
      [
        "1svc",
        [
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ],
      ],
    ],
  ],
  [
    "qualified name",
    qualifiedNameErrors,
    ["a", "A.b_c", "example.com/MyName"],
    [
      [
        "a b",
        [
          "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ],
      ],
      ["/a", ["prefix part must be non-empty"]],
      [
        "a/",
        [
          "name part must be non-empty",
          "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ],
      ],
      [
        "a/b/c",
        [
          "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
        ],
      ],
    ],
  ],
  [
    "label value",
    labelValueErrors,
    ["", "a", "A_1.b"],
    [
      [
        "not valid!",
        [
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ],
      ],
    ],
  ],
  [
    "environment variable",
    environmentNameErrors,
    ["A", "1a", "a.b-c", "with space"],
    [["1=2", ["a valid environment variable name must consist only of printable ASCII characters other than '='"]]],
  ],
  [
    "config key",
    configKeyErrors,
    ["a", "key.name", "KEY_NAME"],
    [
      [
        "",
        [
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ],
      ],
      [".", ["must not be '.'"]],
      ["..a", ["must not start with '..'"]],
    ],
  ],
  [
    "port name",
    portNameErrors,
    ["http", "a-1"],
    [
      ["x".repeat(16), ["must be no more than 15 characters"]],
      ["80", ["must contain at least one letter (a-z)"]],
      ["a--b", ["must not contain consecutive hyphens"]],
      ["a-", ["must not begin or end with a hyphen"]],
    ],
  ],
];

describe.each(cases)("%s", (_name, rule, good, bad) => {
  it.each(good)("accepts %j", (value) => expect(rule(value)).toEqual([]));
  it.each(bad)("refuses %j", (value, errors) => expect(rule(value)).toEqual(errors));
});

it("knows which numbers are ports", () => {
  expect([0, 1, 65_535, 65_536, -1].map((port) => portNumberErrors(port).length)).toEqual([1, 0, 0, 1, 1]);
});
