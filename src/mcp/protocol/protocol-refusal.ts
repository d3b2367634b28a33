/** An HTTP answer to a message that never reached a protocol server: a JSON-RPC error without an id. */
export function protocolRefusal(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}
