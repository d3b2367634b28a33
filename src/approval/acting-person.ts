/** Who does something with approvers, for the audit log. */
export interface ActingPerson {
  name: string;
  channel: string;
}
