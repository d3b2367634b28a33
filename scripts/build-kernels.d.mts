/** kernels.wat assembled, as base64. */
export function assembleKernels(): Promise<string>;
