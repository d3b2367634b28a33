import type { Page } from '../page.ts';

export const mcpAndApprovals: Page = {
  name: 'mcp-and-approvals',
  title: 'MCP and approvals',
  summary: 'How a model reaches tools, and why a person stays between it and production.',
  body: `
The **Model Context Protocol** is how an assistant uses programs. A *server* offers **tools** (things to do, each with a schema of its input and output), **resources** (things to read, such as these pages) and **prompts**. A *client*, the assistant, lists them, chooses, calls. The schemas let both sides check what passes between them; annotations tell which tools only read and which can destroy.

![Plan, approve, apply](plan-approve-apply)

A model proposes; it can be wrong, and it can be talked into things by the texts it reads. So a change to Akamai's network goes in three steps here:

- **Plan.** The call is checked, the present state read, the difference shown, with the network it touches, how far it reaches, and the way back. Nothing is changed.
- **Approve.** An enrolled approver signs exactly what will be sent, with a passkey in the console or a passphrase at a terminal. No tool's argument can approve.
- **Apply.** Exactly what was approved is done, once, and only if nothing has moved since.

Every call, plan, approval and refusal is a row in a log whose rows are chained by their hashes, so that none can be altered unseen.
`,
};
