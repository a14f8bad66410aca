/** Chinese: who has something: images, containers that run them, customers that received them. */
import type { Catalogue } from '../catalogue.ts';

export const holders: Catalogue['holders'] = {
  images: '镜像',
  containers: '运行中的容器',
  customers: '向客户的交付',
  customer: '客户',
  deliveredAt: '交付时间',
  runs: '容器',
  more: '加载更多',
  moreTags: (count) => `+${count}`,
  inRepositories: (count) => `分布在 ${count} 个仓库`,
  inClusters: (count) => `分布在 ${count} 个上报的集群`,
  numbers: '影响范围',
  receivedIt: '收到过其中的镜像',
  customersNumber: '客户',
  noImages: '本账户没有这样的镜像',
  noContainers: '在此上报的集群中没有容器运行这样的镜像。',
  noContainersHint: '没有代理的集群里运行着什么，此处不得而知。',
  noCustomers: '没有向任何人交付过这样的镜像。',
};
