import type { Annotation } from '../../report/github.ts';
import { sanitizeText } from '../../util/text/terminal-text.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export const isGithubAction = (environment: Environment): boolean => environment['GITHUB_ACTIONS'] === 'true';

/** The workflow command for an annotation. Nothing in it can end the line or begin another command. */
export function annotation({ level, title, message }: Annotation): string {
  const data = escapeData(sanitizeText(message, 2000));
  return `::${level} title=${escapeData(title).replaceAll(':', '%3A').replaceAll(',', '%2C')}::${data}`;
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
