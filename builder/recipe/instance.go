package recipe

import "gopkg.in/yaml.v3"

var volumeTypes = []string{"standard", "io1", "io2", "gp2", "gp3", "sc1", "st1"}

// instanceConfiguration checks what upstream would check, and notes that nothing follows from it.
func (r *reader) instanceConfiguration(n *yaml.Node) *InstanceConfiguration {
	var c InstanceConfiguration
	r.ignore(n, r.dialect.key("instanceConfiguration"))
	r.mapping(n, "instanceConfiguration", []field{
		{"image", false, func(n *yaml.Node) { t, _ := r.text(n, "image", 1, maxText); c.Image = t.Value }},
		{"blockDeviceMappings", false, func(n *yaml.Node) {
			r.list(n, "blockDeviceMappings", func(item *yaml.Node) {
				c.BlockDeviceMappings = append(c.BlockDeviceMappings, r.blockDeviceMapping(item))
			})
		}},
	})
	return &c
}

func (r *reader) blockDeviceMapping(n *yaml.Node) BlockDeviceMapping {
	var m BlockDeviceMapping
	r.mapping(n, "an entry of blockDeviceMappings", []field{
		{"deviceName", false, func(n *yaml.Node) { t, _ := r.text(n, "deviceName", 1, maxText); m.DeviceName = t.Value }},
		{"virtualName", false, func(n *yaml.Node) { t, _ := r.text(n, "virtualName", 1, maxText); m.VirtualName = t.Value }},
		{"noDevice", false, func(n *yaml.Node) { t, _ := r.text(n, "noDevice", 0, 0); m.NoDevice = &t.Value }},
		{"ebs", false, func(n *yaml.Node) { m.EBS = r.ebs(n) }},
	})
	return m
}

func (r *reader) ebs(n *yaml.Node) *EBS {
	var e EBS
	r.mapping(n, "ebs", []field{
		{"encrypted", false, func(n *yaml.Node) { e.Encrypted = r.boolean(n, "encrypted") }},
		{"deleteOnTermination", false, func(n *yaml.Node) { e.DeleteOnTermination = r.boolean(n, "deleteOnTermination") }},
		{"iops", false, func(n *yaml.Node) { e.IOPS = r.integer(n, "iops", 100, 64000) }},
		{"kmsKeyId", false, func(n *yaml.Node) { t, _ := r.text(n, "kmsKeyId", 1, maxText); e.KMSKeyID = t.Value }},
		{"snapshotId", false, func(n *yaml.Node) { t, _ := r.text(n, "snapshotId", 1, maxText); e.SnapshotID = t.Value }},
		{"volumeSize", false, func(n *yaml.Node) { e.VolumeSize = r.integer(n, "volumeSize", 1, 16000) }},
		{"volumeType", false, func(n *yaml.Node) { e.VolumeType = r.oneOf(n, "volumeType", volumeTypes...).Value }},
		{"throughput", false, func(n *yaml.Node) { e.Throughput = r.integer(n, "throughput", 125, 1000) }},
	})
	return &e
}
