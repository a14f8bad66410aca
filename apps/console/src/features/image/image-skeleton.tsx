/** The layout of the image page while its status is on its way. */
import { SkeletonRows } from '../../ui/states.tsx';

export function ImageSkeleton() {
  return (
    <>
      <div className="bill" aria-hidden="true">
        <SkeletonRows rows={4} />
      </div>
      <SkeletonRows rows={4} />
    </>
  );
}
