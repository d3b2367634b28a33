/** SEP-2663: long work that a client follows as a task. */
export const tasksExtension = 'io.modelcontextprotocol/tasks';
