package lib.pod

# The pod specification in any kind of workload. Undefined, so that nothing is violated, when the object is being
# deleted or when an update leaves the specification as it was: pods that run already can lose labels and finalizers.
spec := spec_of(input.review.object) if not settled

kind := input.review.kind.kind

operation := object.get(input.review, "operation", "")

settled if operation == "DELETE"

settled if {
	operation == "UPDATE"
	spec_of(input.review.object) == spec_of(input.review.oldObject)
}

spec_of(object) := object.spec if kind == "Pod"

spec_of(object) := object.spec.template.spec if {
	kind in {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"}
}

spec_of(object) := object.spec.jobTemplate.spec.template.spec if kind == "CronJob"

spec_of(object) := object.template.spec if kind == "PodTemplate"

containers contains container if {
	some field in ["containers", "initContainers", "ephemeralContainers"]
	some container in spec[field]
}

windows if value(spec, ["os", "name"], "") == "windows"

# A field that may be absent, or null, at any level.
value(of, path, fallback) := found if {
	found := object.get(of, path, null)
	found != null
} else := fallback
