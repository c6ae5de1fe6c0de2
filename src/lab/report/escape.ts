const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as HTML shows it, in elements and attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!);
