/**
 * The least that a push can cost in Node on this machine at this hour: a server that takes the bytes, hashes, writes and
 * syncs them, and does nothing else. No one is authenticated, nothing is recorded, no name is durable.
 * `node bare-node.mjs PORT FOLDER`
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [port, folder] = [Number(process.argv[2]), process.argv[3] ?? ''];
let count = 0;

createServer((request, response) => {
  const answer = (status, headers = {}) => response.writeHead(status, { 'content-length': 0, ...headers }).end();
  if (request.method === 'POST') {
    request.resume();
    return answer(202, { location: `${request.url}${count++}` });
  }
  const hash = createHash('sha256');
  const chunks = [];
  request.on('data', (chunk) => {
    hash.update(chunk);
    chunks.push(chunk);
  });
  request.on('end', () => {
    hash.digest('hex');
    const fd = fs.openSync(join(folder, String(count++)), 'wx');
    fs.writevSync(fd, chunks);
    for (const chunk of chunks) if (chunk.byteLength === chunk.buffer.byteLength) chunk.buffer.transfer(0);
    fs.fdatasync(fd, () => {
      fs.closeSync(fd);
      answer(201);
    });
  });
}).listen(port, '127.0.0.1', () => process.send?.('ready'));
