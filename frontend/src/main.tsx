import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { createQueryClient } from "./hooks/queries";
import { PageProvider } from "./hooks/usePage";
import "./index.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={createQueryClient()}>
      <PageProvider>
        <App />
      </PageProvider>
    </QueryClientProvider>
  </StrictMode>,
);
