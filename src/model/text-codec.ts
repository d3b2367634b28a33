/**
 * A model's own rewriting of text, for models that were trained on something other than what people write: the request
 * before the chat template sees it, and the generated text before the caller sees it.
 */
export interface TextCodec {
  encode(userText: string): EncodedText;
}

/** One request as the model reads it, with the decoder of the answer to exactly that request. */
export interface EncodedText {
  text: string;
  /** A fresh decoder; one per generated answer. */
  decoder(): TextDecoding;
}

/** Incremental, for streaming: feed the generated pieces in order, then finish once. */
export interface TextDecoding {
  /** Text that is settled after this piece; may be empty while a token is incomplete. */
  write(piece: string): string;
  /** What was held back. */
  end(): string;
}
