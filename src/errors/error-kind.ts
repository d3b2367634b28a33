/** What went wrong, in the terms a caller can act on. Faces map a kind to an exit code, an HTTP status or an MCP error. */
export type ErrorKind =
  | 'invalid-input' // the caller's value is wrong: field, value and remedy say how
  | 'not-found' // the named thing does not exist
  | 'conflict' // the state does not allow it (already running, version moved, port taken)
  | 'corrupt' // bytes on disk or from the network do not parse or do not match their checksum
  | 'unauthorized' // no valid credential
  | 'forbidden' // a valid credential without the right
  | 'rate-limited' // try again after `retryAfterSeconds`
  | 'exhausted' // disk, memory or queue is full
  | 'unavailable' // a dependency (library, engine, upstream) does not answer
  | 'cancelled' // stopped by the caller's own wish
  | 'internal'; // our fault: logged with an id
