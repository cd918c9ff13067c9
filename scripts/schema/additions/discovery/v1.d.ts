export interface EndpointHints {
  /** The nodes that should consume this endpoint. */
  forNodes?: Array<ForNode>;
}
/** A node that should consume an endpoint. */
export interface ForNode {
  /** The node's name. */
  name: string;
}
