import { userInfo } from 'node:os';
import type { ServerFiles } from './file-server.ts';

/** A configuration for nginx as a child process that writes only to its own folder. */
export function nginxConfig({ address, http, https, root, folder, cert, key, log }: ServerFiles): string {
  const { uid, username } = userInfo();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
  );
  return [
    'daemon off;',
    // If root starts nginx, its workers run as another user, who may not read the folder.
    uid === 0 ? `user ${username};` : '',
    'worker_processes 2;',
    `pid ${folder}/nginx.pid;`,
    `error_log ${folder}/error.log error;`,
    'events { worker_connections 2048; }',
    'http {',
    ...temporary,
    '  types { image/jpeg jpg; image/png png; image/webp webp; }',
    '  sendfile on;',
    '  tcp_nopush on;',
    "  log_format moment '$msec';",
    '  server {',
    `    listen ${address}:${http} backlog=4096;`,
    `    listen ${address}:${https} ssl backlog=4096;`,
    `    ssl_certificate ${cert};`,
    `    ssl_certificate_key ${key};`,
    `    access_log ${log} moment;`,
    `    root ${root};`,
    '  }',
    '}',
    '',
  ].join('\n');
}
