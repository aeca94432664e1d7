"""A Ray cluster of several nodes on this machine, until the end of standard input. Prints its address.

Its head has no CPUs, so that tasks run on the others.
"""

import sys

from ray.cluster_utils import Cluster

MEMORY = 80 * 2**20

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": MEMORY})
for _ in range(int(sys.argv[1])):
    cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
cluster.wait_for_nodes()
print(cluster.address, flush=True)
sys.stdin.read()
cluster.shutdown()
