/** The overview's layout while its numbers are on their way. */
import { SkeletonRows } from '../../ui/states.tsx';
import '../../ui/number-list.css';

export function OverviewSkeleton() {
  return (
    <>
      <div className="numbers" aria-hidden="true">
        {Array.from({ length: 5 }, (_, index) => (
          <div key={index} className="numbers-blank">
            <i className="skeleton-block" />
          </div>
        ))}
      </div>
      <div className="overview-columns">
        <SkeletonRows rows={6} />
        <SkeletonRows rows={6} />
      </div>
    </>
  );
}
