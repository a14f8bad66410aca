/** How the image runs, and what it is made of. */
import type { ImageStatus } from '@pratique/contract';
import { useText } from '../../../catalogue/use-text.ts';
import { useFormat } from '../../../format/format.ts';
import { DigestText } from '../../../ui/copyable.tsx';

export function Configuration({ image }: { image: ImageStatus }) {
  const { image: text, words } = useText();
  const format = useFormat();
  const { config } = image;
  return (
    <div className="configuration">
      {config ? <Config config={config} created={image.created} /> : <p className="quiet">{text.noConfig}</p>}
      <h3>{text.layers}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.digest}</th>
            <th scope="col" className="number">
              {words.size}
            </th>
            <th scope="col">{text.mediaType}</th>
          </tr>
        </thead>
        <tbody>
          {image.layers.map((layer, index) => (
            <tr key={`${index} ${layer.digest}`}>
              <td>
                <DigestText digest={layer.digest} />
              </td>
              <td className="number">{format.bytes(layer.size)}</td>
              <td>
                <code>{layer.mediaType}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Config({ config, created }: { config: NonNullable<ImageStatus['config']>; created: string | null }) {
  const { image: text, words } = useText();
  const format = useFormat();
  const list = (values: string[]) =>
    values.length === 0 ? words.none : values.map((value) => <code key={value}>{value}</code>);
  return (
    <dl className="facts">
      <dt>{text.user}</dt>
      <dd>{config.user === '' ? text.rootUser : <code>{config.user}</code>}</dd>
      <dt>{text.entrypoint}</dt>
      <dd>{config.entrypoint.length === 0 ? words.none : <code>{JSON.stringify(config.entrypoint)}</code>}</dd>
      <dt>{text.cmd}</dt>
      <dd>{config.cmd.length === 0 ? words.none : <code>{JSON.stringify(config.cmd)}</code>}</dd>
      <dt>{text.env}</dt>
      <dd className="stack">{list(config.env)}</dd>
      <dt>{text.labels}</dt>
      <dd className="stack">{list(Object.entries(config.labels).map(([key, value]) => `${key}=${value}`))}</dd>
      <dt>{text.built}</dt>
      <dd>{created ? format.moment(created) : words.none}</dd>
    </dl>
  );
}
