// The software module makes and reads the golden messages.

import { goldenMessages } from './golden-messages.ts'
import { newModule } from './test-module.ts'

goldenMessages(newModule)
