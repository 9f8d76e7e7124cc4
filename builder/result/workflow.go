package result

import "time"

// State is how the image of a run stands.
type State struct {
	Status string `json:"status"`           // PENDING, CREATING, BUILDING, ... (package workflow)
	Reason string `json:"reason,omitempty"` // of FAILED and CANCELLED: workflow execution, step, component, phase, cause
}

// Workflow is one execution of a workflow: build-container, test-container or distribute-container.
type Workflow struct {
	ID        string         `json:"workflowExecutionId"` // wf-<uuid>
	Name      string         `json:"name"`
	Type      string         `json:"type"`   // BUILD, TEST or DISTRIBUTION
	Status    string         `json:"status"` // COMPLETED, SKIPPED, FAILED or CANCELLED
	Message   string         `json:"message,omitempty"`
	StartTime time.Time      `json:"startTime"`
	EndTime   time.Time      `json:"endTime"`
	Total     int            `json:"totalStepCount"` // succeeded + failed + skipped
	Succeeded int            `json:"totalStepsSucceeded"`
	Failed    int            `json:"totalStepsFailed"` // a cancelled step is among them
	Skipped   int            `json:"totalStepsSkipped"`
	Steps     []WorkflowStep `json:"steps"` // those that began or were skipped, in order
}

// WorkflowStep is one execution of a step.
type WorkflowStep struct {
	ID      string `json:"stepExecutionId"` // step-<uuid>
	Name    string `json:"name"`
	Action  string `json:"action"`
	Status  string `json:"status"` // COMPLETED, SKIPPED, FAILED or CANCELLED
	Message string `json:"message,omitempty"`
}
