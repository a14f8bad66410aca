/** Keys of money that no bank gives back. */
import { crc16, doubleHash } from '../checks/checksum.ts';
import { decodeBase32, decodeBase58, encodeBase32, encodeBase58 } from '../checks/decode.ts';
import { assigned } from '../forms/assigned.ts';
import { token } from '../forms/token.ts';
import type { Kind, Random } from '../kind.ts';

const bytesOf = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));

/** Base58Check of a payload of so many bytes that begins so. */
function isBase58Check(text: string, length: number, begin: Buffer): boolean {
  const bytes = decodeBase58(text);
  if (bytes === null || bytes.length !== length + 4 || !bytes.subarray(0, begin.length).equals(begin)) return false;
  return doubleHash(bytes.subarray(0, length)).equals(bytes.subarray(length));
}
function base58Check(payload: Buffer): string {
  return encodeBase58(Buffer.concat([payload, doubleHash(payload)]));
}

const EXTENDED = Buffer.from('0488ade4', 'hex');

export const WALLETS: readonly Kind[] = [
  assigned({
    id: 'bitcoin-private-key',
    title: 'Bitcoin private key',
    severity: 'critical',
    docs: 'https://developer.bitcoin.org/devguide/wallets.html#wallet-import-format-wif',
    names: ['private_key', 'privatekey', 'private-key', 'wif_key', 'bitcoin', 'wallet_key'],
    value: '[5KL][1-9A-HJ-NP-Za-km-z]{50,51}',
    check: (value) => isBase58Check(value, 34, Buffer.from([0x80])) || isBase58Check(value, 33, Buffer.from([0x80])),
    seal: (_value, random) => base58Check(Buffer.concat([Buffer.from([0x80]), bytesOf(random, 32), Buffer.from([1])])),
  }),
  token({
    id: 'bitcoin-extended-private-key',
    title: 'Bitcoin extended private key (BIP 32)',
    severity: 'critical',
    docs: 'https://developer.bitcoin.org/devguide/wallets.html#hierarchical-deterministic-key-creation',
    starts: ['xprv'],
    rest: '[1-9A-HJ-NP-Za-km-z]{107}',
    check: (text) => isBase58Check(text, 78, EXTENDED),
    seal: (_text, _start, random) =>
      base58Check(Buffer.concat([EXTENDED, bytesOf(random, 41), Buffer.from([0]), bytesOf(random, 32)])),
    scope: 'text',
  }),
  assigned({
    id: 'ethereum-private-key',
    title: 'Ethereum private key',
    severity: 'critical',
    docs: 'https://ethereum.org/en/developers/docs/accounts/',
    names: ['private_key', 'privatekey', 'private-key', 'deployer_key', 'wallet_key', 'mnemonic_key', 'eth_key'],
    value: '0x[0-9a-fA-F]{64}',
    shown: '0x',
    // Keys of Hardhat's and Anvil's accounts, which everybody has.
    check: (value) =>
      !/^0x(?:ac0974bec|59c6995e9|5de4111af|7c8521182|47e179ec1|8b3a350cf|92db14e40|4bbbf85ce|dbda18214|2a871d079)/i.test(
        value,
      ),
  }),
  assigned({
    id: 'stellar-secret-seed',
    title: 'Stellar secret seed',
    severity: 'critical',
    docs: 'https://developers.stellar.org/docs/learn/encyclopedia/transactions-specialized/channel-accounts',
    names: ['stellar', 'secret', 'seed_', '_seed'],
    value: 'S[A-Z2-7]{55}',
    shown: 'S',
    check: (value) => {
      const bytes = decodeBase32(value);
      return (
        bytes !== null &&
        bytes[0] === 0x90 &&
        bytes.length === 35 &&
        crc16(bytes.subarray(0, 33)) === bytes.readUInt16LE(33)
      );
    },
    seal: (_value, random) => {
      const bytes = Buffer.concat([Buffer.from([0x90]), bytesOf(random, 32), Buffer.alloc(2)]);
      bytes.writeUInt16LE(crc16(bytes.subarray(0, 33)), 33);
      return encodeBase32(bytes);
    },
  }),
];
