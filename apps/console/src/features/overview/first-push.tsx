/** An account without images: what will stand here, and the commands that bring the first. */
import { useText } from '../../catalogue/use-text.ts';
import { useMe } from '../../shell/session.ts';
import { Empty } from '../../ui/states.tsx';

export function FirstPush({ account }: { account: string }) {
  const { overview } = useText();
  const { data: me } = useMe();
  const { host } = location;
  return (
    <Empty
      title={overview.emptyTitle}
      hint={overview.emptyLead}
      command={`docker login ${host} -u ${me?.name ?? ''}\ndocker tag my-app ${host}/${account}/my-app:1.0\ndocker push ${host}/${account}/my-app:1.0`}
    />
  );
}
