// A question is a line of JSON on standard input (podautoscaler.Replayed), its answer a line on standard output: the
// replicas after each sync. scripts/ensure-hpa builds it inside Kubernetes' module.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
)

func main() {
	var logging flag.FlagSet
	klog.InitFlags(&logging)
	_ = logging.Set("logtostderr", "false")
	klog.SetOutput(io.Discard)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var asked podautoscaler.Replayed
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		replicas, err := podautoscaler.Replay(asked)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		_ = json.NewEncoder(os.Stdout).Encode(replicas)
	}
}
