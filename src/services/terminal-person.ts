/**
 * The person at an interactive terminal. Undefined where input or output is no terminal. What they type here comes from
 * nowhere else: no argument, variable, file or pipe stands for it.
 */
export interface TerminalPerson {
  /** Shows text of ours; what others wrote must have been made plain before. */
  show(text: string): void;
  /** Asks one line. Fails with `cancelled` on Ctrl-C or the end of input. */
  ask(question: string): Promise<string>;
  /** The same without showing what is typed: for passphrases. */
  askHidden(question: string): Promise<string>;
}
