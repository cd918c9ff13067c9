/** What cannot be decoded, in the words of Go's `encoding/json` and of the API server around it. */
import { invalid } from "../field-error.ts";
import { StatusError } from "../status-error.ts";

/** 400: the body is not an object of its kind. */
export class DecodeError extends StatusError {
  /** The sentence without the API server's words around it: `json: cannot unmarshal …`. */
  readonly detail: string;

  constructor(schemaName: string, detail: string) {
    const [version = "", kind = ""] = schemaName.split(".").slice(-2);
    super(400, "BadRequest", `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${detail}`);
    this.name = "DecodeError";
    this.detail = detail;
  }

  /**
   * The same error when it is a patch that made the object undecodable: 422, about the patch.
   * @param patch the patch, or the patched object, as text.
   */
  forPatch(patch: string): StatusError {
    return StatusError.invalid({ group: "", kind: "" }, "", [invalid("patch", patch, this.detail)]);
  }
}
