type PythonTool = { readonly name: string; readonly script: string };

export const SCHEMATHESIS: PythonTool;
export function findToolPython(tool: PythonTool, env: NodeJS.ProcessEnv): string | undefined;
