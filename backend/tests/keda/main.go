// KEDA's own metrics-api scaler and its own manifests' types, for tests. scripts/ensure-keda builds it inside KEDA's
// module, so that it is their code and their versions of what it needs.
//
// A question is a line of JSON on standard input, its answer a line on standard output:
// {"metadata": {…}, "auth": {…}, "timeout_ms": 3000} asks a trigger once, as KEDA's operator does, and answers what the
// HorizontalPodAutoscaler would get; {"manifest": "…"} reads one YAML document as its kind, unknown fields refused.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	autoscaling "k8s.io/api/autoscaling/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	"github.com/kedacore/keda/v2/pkg/scalers"
	"github.com/kedacore/keda/v2/pkg/scalers/scalersconfig"
)

type question struct {
	Metadata  map[string]string `json:"metadata"`
	Auth      map[string]string `json:"auth"`
	TimeoutMs int               `json:"timeout_ms"`
	Manifest  string            `json:"manifest"`
}

type answer struct {
	Value  string `json:"value"`
	Target string `json:"target"`
	Active bool   `json:"active"`
	Error  string `json:"error"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		var found answer
		var err error
		if asked.Manifest != "" {
			err = check([]byte(asked.Manifest))
		} else {
			found, err = ask(asked)
		}
		if err != nil {
			found.Error = err.Error()
		}
		_ = json.NewEncoder(os.Stdout).Encode(found)
	}
}

func ask(asked question) (answer, error) {
	var found answer
	config := &scalersconfig.ScalerConfig{
		TriggerMetadata:   asked.Metadata,
		AuthParams:        asked.Auth,
		GlobalHTTPTimeout: time.Duration(asked.TimeoutMs) * time.Millisecond,
	}
	scaler, err := scalers.NewMetricsAPIScaler(config, nil)
	if err != nil {
		return found, err
	}
	defer scaler.Close(context.Background())
	specs := scaler.GetMetricSpecForScaling(context.Background())
	found.Target = specs[0].External.Target.AverageValue.String()
	values, active, err := scaler.GetMetricsAndActivity(context.Background(), "m")
	found.Active = active
	if err == nil {
		found.Value = values[0].Value.String()
	}
	return found, err
}

func check(text []byte) error {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(text, &kind); err != nil {
		return err
	}
	switch kind.Kind {
	case "ScaledObject":
		var object v1alpha1.ScaledObject
		if err := yaml.UnmarshalStrict(text, &object); err != nil {
			return err
		}
		if err := v1alpha1.CheckReplicaCountBoundsAreValid(&object); err != nil {
			return err
		}
		return v1alpha1.CheckFallbackValid(&object)
	case "TriggerAuthentication":
		return yaml.UnmarshalStrict(text, &v1alpha1.TriggerAuthentication{})
	case "HorizontalPodAutoscaler":
		return yaml.UnmarshalStrict(text, &autoscaling.HorizontalPodAutoscaler{})
	}
	return fmt.Errorf("no kind that is known here: %q", kind.Kind)
}
