/**
 * One instruction word for each template that the interpreter's main switch handles: those that execute most often in
 * boots of Debian's kernel and in compiled C code.
 */
export const hotWords: readonly number[] = [];
