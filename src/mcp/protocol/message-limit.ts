/** The largest message that any transport takes: more than any tool's arguments need. */
export const maxMessageBytes = 4 * 1024 * 1024;
