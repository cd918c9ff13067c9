/**
 * The log on disk: one row per write, in order of revision (docs/adr/0004-one-log-in-sqlite.md). The current state is
 * each key's newest row; a row also names the revision it replaces, so the past can be told from the log alone.
 */
import Database from "better-sqlite3";
import type { KubeObject, Stored } from "../machinery/object.ts";
import { type Change, revisionOf } from "./change.ts";

/** Raised when the tables change; a database of a newer Skiff is refused. */
const schemaVersion = 1;

interface Row {
  revision: number;
  resource: string;
  namespace: string;
  name: string;
  /** Revision of the key's row before this one; 0 when the object is new. */
  previous: number;
  deleted: 0 | 1;
  value: string;
}

export class Log {
  readonly #database: Database.Database;
  readonly #insert: Database.Statement<[number, string, string, string, number, 0 | 1, string]>;
  readonly #after: Database.Statement<[number, string], Row>;
  readonly #value: Database.Statement<[number], { value: string }>;
  #compacted: number;

  /**
   * @param path file, or `:memory:`.
   * @throws Error when the file is no database of ours, is in use, or was written by a newer version.
   */
  constructor(path: string) {
    this.#database = open(path);
    this.#insert = this.#database.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#after = this.#database.prepare("SELECT * FROM log WHERE revision > ? AND resource = ? ORDER BY revision");
    this.#value = this.#database.prepare("SELECT value FROM log WHERE revision = ?");
    this.#compacted = (this.#database.prepare("SELECT compacted FROM state").get() as { compacted: number }).compacted;
  }

  /** Changes up to this revision can no longer be told one by one. */
  get compacted(): number {
    return this.#compacted;
  }

  /** The newest revision; 0 when the log is empty. */
  get newest(): number {
    const { revision } = this.#database.prepare("SELECT max(revision) AS revision FROM log").get() as {
      revision: number | null;
    };
    return revision ?? 0;
  }

  /** The newest state of every object that was not deleted, in no order. */
  *current(): Iterable<{ resource: string; object: Stored<KubeObject> }> {
    const replaced = new Set<number>();
    const rows = this.#database
      .prepare<[], Row>("SELECT revision, resource, previous, deleted, value FROM log ORDER BY revision DESC")
      .iterate();
    // From the newest backwards, each row says which older one it replaces.
    for (const { revision, resource, previous, deleted, value } of rows) {
      if (previous > 0) replaced.add(previous);
      if (!replaced.delete(revision) && !deleted) yield { resource, object: parse(value) };
    }
  }

  /** Writes all changes in one transaction; they are on disk when this returns, or none of them is. */
  append(changes: readonly Change[], compactTo: number | undefined): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const change of changes) this.#insertChange(change);
      if (compactTo !== undefined) this.#compact(compactTo);
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite has rolled back by itself after some errors (a full disk).
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
    if (compactTo !== undefined) this.#compacted = compactTo;
  }

  /** Changes of one resource after a revision that is not compacted, in order. */
  after(resource: string, revision: number): Change[] {
    return this.#after.all(revision, resource).map((row) => this.#change(row));
  }

  close(): void {
    this.#database.close();
  }

  #insertChange({ revision, resource, type, object, previous }: Change): void {
    const { namespace = "", name } = object.metadata;
    const replaced = previous ? revisionOf(previous) : 0;
    const deleted = type === "DELETED" ? 1 : 0;
    this.#insert.run(revision, resource, namespace, name, replaced, deleted, JSON.stringify(object));
  }

  /** Forgets what newer rows up to `revision` have replaced. */
  #compact(revision: number): void {
    this.#database
      .prepare("DELETE FROM log WHERE revision IN (SELECT previous FROM log WHERE revision > ? AND revision <= ?)")
      .run(this.#compacted, revision);
    this.#database
      .prepare("DELETE FROM log WHERE revision > ? AND revision <= ? AND deleted = 1")
      .run(this.#compacted, revision);
    this.#database.prepare("UPDATE state SET compacted = ?").run(revision);
  }

  #change(row: Row): Change {
    const { revision, resource } = row;
    const object = parse(row.value);
    const before = row.previous > 0 ? this.#value.get(row.previous) : undefined;
    const type = row.deleted ? "DELETED" : before ? "MODIFIED" : "ADDED";
    return { revision, resource, type, object, ...(before && { previous: parse(before.value) }) };
  }
}

function parse(value: string): Stored<KubeObject> {
  return JSON.parse(value) as Stored<KubeObject>;
}

function open(path: string): Database.Database {
  // Long enough for a passing reader (a backup), short enough to tell soon that a second Skiff runs.
  const database = new Database(path, { timeout: 500 });
  try {
    // One process owns the file for as long as it runs; a second one is refused instead of writing beside it.
    database.pragma("locking_mode = EXCLUSIVE");
    database.pragma("journal_mode = WAL");
    // An acknowledged write survives a power cut (promise 1 of the design).
    database.pragma("synchronous = FULL");
    // Reads come from our own memory; the log is only appended to. (The driver's default is 16 MB.)
    database.pragma("cache_size = -2000");
    // Many small checkpoints (1 MB) instead of few large ones: each halts the process while the disk takes it.
    database.pragma("wal_autocheckpoint = 250");
    const version = database.pragma("user_version", { simple: true }) as number;
    if (version > schemaVersion)
      throw new Error(`written by a newer Skiff (format ${version}, this one knows ${schemaVersion})`);
    if (version === 0) createTables(database);
    return database;
  } catch (error) {
    database.close();
    const why = error instanceof Error ? error.message : String(error);
    const hint = why === "database is locked" ? "another process uses it" : why;
    throw new Error(`cannot open the database ${path}: ${hint}`, { cause: error });
  }
}

function createTables(database: Database.Database): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE log (
      revision INTEGER PRIMARY KEY,
      resource TEXT NOT NULL,
      namespace TEXT NOT NULL,
      name TEXT NOT NULL,
      previous INTEGER NOT NULL,
      deleted INTEGER NOT NULL,
      value TEXT NOT NULL
    );
    CREATE TABLE state (compacted INTEGER NOT NULL);
    INSERT INTO state VALUES (0);
    PRAGMA user_version = ${schemaVersion};
    COMMIT;
  `);
}
